"""Finishes a runner image: runs once inside it, as root, when the image is built.

What package scripts would have done is done here, since the packages were only unpacked; and what would be
slow or impossible at the start of a container on a read-only root is done ahead.
"""

import compileall
import glob
import importlib
import json
import os
import py_compile
import shutil
import subprocess
import sys
import sysconfig

HOME = "/usr/lib/sallyport"


def check_python(wanted):
    found = "%d.%d" % sys.version_info[:2]
    if wanted != found:
        sys.exit("this image has Python %s, its recipe says %s" % (found, wanted))


def link_alternatives():
    """Debian chooses among the BLAS libraries by symbolic links that a package script makes."""
    folder = "/usr/lib/" + (sysconfig.get_config_var("MULTIARCH") or "")
    for package in ("openblas-pthread", "blas", "lapack"):
        for library in sorted(glob.glob(os.path.join(folder, package, "lib*.so.[0-9]"))):
            link = os.path.join(folder, os.path.basename(library))
            if not os.path.lexists(link):
                os.symlink(os.path.relpath(library, folder), link)


def import_all(modules):
    for name in modules:
        importlib.import_module(name)


def keep_seeds(seeds):
    """Moves what the imports put into the seeds' places to where the agent finds it at each start."""
    for place, kept in seeds.items():
        if not os.path.isdir(place):
            sys.exit("nothing was put into %s, which the recipe names as a seed" % place)
        shutil.copytree(place, kept)
        shutil.rmtree(place)
        for path in [kept] + glob.glob(kept + "/**", recursive=True):
            os.chmod(path, 0o755 if os.path.isdir(path) else 0o644)


def compile_everything():
    """Byte code for all modules: a container could not keep its own."""
    for folder in [sysconfig.get_path("stdlib"), "/usr/lib/python3/dist-packages"]:
        compileall.compile_dir(folder, quiet=2, workers=0)
    py_compile.compile(HOME + "/agent.py", HOME + "/agent.pyc", dfile=HOME + "/agent.py", doraise=True)


def open_work_folder():
    """The engine's own runtime gives a tmpfs the mode of the folder that it is mounted on."""
    os.makedirs("/workspace", exist_ok=True)
    os.chmod("/workspace", 0o1777)


def main():
    with open(HOME + "/agent.json", encoding="utf-8") as file:
        config = json.load(file)
    check_python(config["python"])
    link_alternatives()
    if os.path.exists("/usr/sbin/ldconfig"):
        subprocess.run(["/usr/sbin/ldconfig"], check=True)
    sys.path.append("/usr/lib/python3/dist-packages")
    compile_everything()
    import_all(config["import"])
    keep_seeds(config["seed"])
    open_work_folder()


main()
