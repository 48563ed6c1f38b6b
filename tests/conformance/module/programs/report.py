"""A caller that looks at results alone."""

from apps.ai.code_execution import CodeExecutor
from apps.ai.code_execution.sandboxes import SandboxConfig

executor = CodeExecutor(
    user_id=12,
    sandbox_config=SandboxConfig(timeout_seconds=4, max_memory_mb=256, allowed_imports=("math", "json")),
)

programs = {
    "area": "import math\nprint(f'{math.pi * 2 ** 2:.2f}')",
    "listing": "import os\nprint(os.listdir('/'))",
    "typo": "print(undefined_name)",
    "endless": "while True:\n    pass",
    "greeting": "print('hello', context['name'])",
}

for name, code in programs.items():
    result = executor.execute(code, context={"name": "Ada"})
    if result.success:
        print(name, "->", result.stdout.strip())
    elif result.validation_violations:
        print(name, "-> refused:", [v["severity"] + " " + v["message"] for v in result.validation_violations])
    elif result.error_type == "TimeoutError":
        print(name, "-> too slow")
    else:
        print(name, "-> failed:", result.error_message)
