"""The demo's page in headless Chromium, before a broker with real sandboxes."""

import contextlib
import http.cookiejar
import json
import re
import unittest
import urllib.error
import urllib.parse
import urllib.request

from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from browser import start_browser
from harness import IMAGE_RECORD, BrokerTestCase, wait_until
from server import CLIENT, Server, open_url

PATIENCE = 90  # For what takes a second on a machine that has nothing else to do.
ENDLESS = "import time\nprint('begun', flush=True)\ntime.sleep(50)\nprint('ended')\n"
MARKUP = "<script>document.title = 'broken'</script><img src=x onerror=\"document.title = 'broken'\"><b>bold</b>"


def serve(broker_url):
    """The demo as its README starts it."""
    return Server([str(CLIENT / "demo" / "manage.py")], {"SALLYPORTCLIENT_URL": broker_url})


class PageTestCase(unittest.TestCase):
    """Steps that a person takes."""

    browser = None
    server = None

    def tearDown(self):
        # Errors of the script, and what the page's policy did not let it do.
        self.assertEqual([entry for entry in self.browser.get_log("browser") if entry["level"] == "SEVERE"], [])

    def find(self, selector):
        return self.browser.find_element(By.CSS_SELECTOR, selector)

    def find_all(self, selector):
        return self.browser.find_elements(By.CSS_SELECTOR, selector)

    def js(self, script, *arguments):
        return self.browser.execute_script(script, *arguments)

    def open(self):
        self.browser.get(self.server.url)

    def write(self, code):
        """As if pasted: keys one after the other would indent by themselves."""
        self.js("const text = document.querySelector('#code'); text.value = arguments[0];"
                "text.dispatchEvent(new Event('input', {bubbles: true})); text.focus();", code)

    def press(self, key, *modifiers):
        chain = ActionChains(self.browser)
        for modifier in modifiers:
            chain = chain.key_down(modifier)
        chain = chain.send_keys(key)
        for modifier in modifiers:
            chain = chain.key_up(modifier)
        chain.perform()

    def start(self, code, image=None):
        self.open()
        self.write(code)
        if image:
            self.js("document.querySelector('#image').value = arguments[0]", image)
        self.find("#run").click()

    def state(self):
        return self.find("#status").get_attribute("data-state")

    def output(self):
        return self.find("#output").get_attribute("textContent")

    def until(self, condition, what):
        self.assertTrue(wait_until(condition, PATIENCE), f"{what}: {self.find('#status').text}, {self.output()!r}")

    def ends(self, state):
        self.until(lambda: self.state() not in ("idle", "running"), "no end")
        self.assertEqual(self.state(), state, self.find("#report").text)

    def runs(self, code, state="succeeded", image=None):
        self.start(code, image)
        self.ends(state)


class Page(BrokerTestCase, PageTestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with contextlib.ExitStack() as made:
            made.callback(super().tearDownClass)
            cls.server = serve(f"http://127.0.0.1:{cls.broker.port}")
            made.callback(cls.server.close)
            cls.browser = start_browser()
            made.callback(cls.browser.quit)
            cls.made = made.pop_all()

    @classmethod
    def tearDownClass(cls):
        cls.made.close()

    def test_output_appears_before_the_program_ends(self):
        self.start(ENDLESS)
        self.until(lambda: self.output() == "begun\n", "no output")
        self.assertEqual(self.state(), "running")
        self.assertEqual(len(self.broker.containers()), 1)
        self.find("#stop").click()
        self.ends("stopped")

    def test_both_streams_and_the_end(self):
        self.runs("import sys\nprint('out')\nprint('err', file=sys.stderr)\n")
        self.assertEqual(self.output().count("out\n") + self.output().count("err\n"), 2)
        self.assertEqual(self.find("#output .stderr").text.strip(), "err")
        self.assertTrue(self.find("#status").text.startswith("Succeeded"))

    def test_stop_ends_the_program_and_another_can_run(self):
        self.start(ENDLESS)
        self.until(lambda: self.output() == "begun\n", "no output")
        self.assertFalse(self.find("#run").is_enabled())
        self.find("#stop").click()
        self.ends("stopped")
        self.assertTrue(self.broker.containers_gone(30))
        self.assertFalse(self.find("#stop").is_enabled())
        self.write("print('next')")
        self.find("#run").click()
        self.ends("succeeded")
        self.assertEqual(self.output(), "next\n")

    def test_a_page_that_is_left_ends_its_program(self):
        self.start(ENDLESS)
        self.until(lambda: self.output() == "begun\n", "no output")
        self.browser.get("about:blank")
        self.assertTrue(self.broker.containers_gone(30))

    def test_violations_have_carets_below_their_place(self):
        # A tab, letters of double width, and one outside the basic plane stand before the place.
        self.runs("if True:\n\tnames = '日本𝒙'; import os\nprint(eval('1'))\n", "failed")
        self.assertEqual(self.find("#status").text, "Refused: 2 violations")
        first, second = self.find_all(".violation")
        self.assertIn("import of 'os' is not allowed", first.text)
        self.assertIn("Line 2", first.text)
        self.assertIn("use open", first.text)  # The hint.
        self.assertEqual([v.find_element(By.CLASS_NAME, "carets").text for v in (first, second)], ["^^", "^^^^"])
        for violation, word in ((first, "os"), (second, "eval")):
            carets, place = self.js("""
                const [violation, word] = arguments;
                const source = violation.querySelector("code").firstChild;
                const range = document.createRange();
                const begin = source.data.indexOf(word);
                range.setStart(source, begin);
                range.setEnd(source, begin + word.length);
                const box = ({left, right, top}) => [left, right, top];
                return [box(violation.querySelector(".carets").getBoundingClientRect()), box(range.getBoundingClientRect())];
                """, violation, word)
            self.assertAlmostEqual(carets[0], place[0], delta=1)
            self.assertAlmostEqual(carets[1], place[1], delta=1)
            self.assertGreater(carets[2], place[2])
        self.assertEqual([line.text for line in self.find_all(".gutter .marked")], ["2", "3"])
        first.find_element(By.CLASS_NAME, "place").click()
        self.assertEqual(self.js("const t = document.activeElement; return t.value.slice(t.selectionStart, t.selectionEnd)"),
                         "os")

    def test_what_is_no_python_has_carets_too(self):
        self.runs("total = (1,\nprint('x'\n", "failed")
        self.assertEqual(len(self.find_all(".violation .carets")), 1)
        self.assertIn("was never closed", self.find(".violation").text)

    def test_an_exception_has_its_line(self):
        self.runs("print('before')\n1 / 0\n", "failed")
        self.assertEqual(self.find("#status").text.split(" · ")[0], "Failed: ZeroDivisionError")
        self.assertIn("division by zero", self.find(".error").text)
        self.assertEqual([line.text for line in self.find_all(".gutter .marked")], ["2"])

    def example(self, title):
        self.open()
        next(chip for chip in self.find_all(".chip") if chip.text == title).click()

    def picture(self, name):
        (image,) = self.find_all("#figures img")
        self.assertEqual(image.get_attribute("alt"), f"Picture that the program made: {name}")
        self.until(lambda: self.js("return arguments[0].complete", image), "not loaded")
        return self.js("return [arguments[0].naturalWidth, arguments[0].naturalHeight]", image)

    def test_a_picture_of_the_standard_library_is_shown(self):
        self.example("Picture")
        self.find("#run").click()
        self.ends("succeeded")
        self.assertEqual(self.picture("mandelbrot.png"), [360, 240])
        save = self.find("#figures a")
        self.assertEqual(save.get_attribute("download"), "mandelbrot.png")
        self.assertTrue(save.get_attribute("href").startswith("data:application/octet-stream;base64,iVBOR"))

    def test_a_figure_of_matplotlib_is_shown_where_its_image_exists(self):
        self.example("Figure")
        self.assertEqual(self.find("#image").get_attribute("value"), "python-data")
        self.find("#run").click()
        with open(IMAGE_RECORD, encoding="utf-8") as record:
            is_there = "python-data" in json.load(record)["images"]
        self.ends("succeeded" if is_there else "failed")
        if is_there:
            width, height = self.picture("butterfly.png")
            self.assertGreater(min(width, height), 300)
        else:
            self.assertEqual(self.find("#status").text, "Not run")
            self.assertIn("python-data", self.find(".error").text)

    def keep_variables(self):
        self.open()
        self.find("#keep").click()
        self.addCleanup(self.browser.get, "about:blank")  # Leaving the page ends its session.

    def run_cell(self, code, state="succeeded"):
        self.write(code)
        self.find("#run").click()
        self.ends(state)

    def shown(self):
        return [value.get_attribute("textContent") for value in self.find_all("#displays .value")]

    def test_variables_are_kept_from_cell_to_cell(self):
        self.keep_variables()
        self.run_cell("import sys\nx = 20\nprint('out')\nprint('err', file=sys.stderr)")
        self.assertEqual((self.output(), self.shown()), ("out\nerr\n", []))
        self.assertEqual(self.find("#output .stderr").text.strip(), "err")
        self.run_cell("display(x)\nx + 1")
        self.assertEqual((self.output(), self.shown()), ("", ["20", "21"]))
        self.assertIn("cell 2", self.find("#status").text)
        self.assertEqual(len(self.broker.containers()), 1)
        # A failure changes nothing for the next, neither at run time nor at the first door.
        self.run_cell("1 / 0", "failed")
        self.assertIn("division by zero", self.find(".error").text)
        self.assertEqual([line.text for line in self.find_all(".gutter .marked")], ["1"])
        self.run_cell("import os", "failed")
        self.assertEqual(len(self.find_all(".violation .carets")), 1)
        self.run_cell("x")
        self.assertEqual((self.shown(), self.find_all(".violation, .error")), (["20"], []))
        self.find("#keep").click()
        self.assertTrue(self.broker.containers_gone(30))
        self.run_cell("x", "failed")
        self.assertIn("NameError", self.find("#status").text)

    def test_figures_of_a_cell_are_shown(self):
        with open(IMAGE_RECORD, encoding="utf-8") as record:
            self.assertIn("python-data", json.load(record)["images"])
        self.keep_variables()
        self.js("document.querySelector('#image').value = 'python-data'")
        self.run_cell("import matplotlib.pyplot as plt\nimport pandas as pd\nplt.plot([1, 3, 2])\nplt.show()\n"
                      "pd.DataFrame({'a': [7]})")
        (image,) = self.find_all("#displays img")
        self.assertEqual(image.get_attribute("alt"), "Figure 1 that the cell showed")
        self.until(lambda: self.js("return arguments[0].complete", image), "not loaded")
        self.assertGreater(self.js("return arguments[0].naturalWidth", image), 300)
        self.assertEqual([text.split() for text in self.shown()], [["a", "0", "7"]])
        # A session is of one image: another one is another session.
        self.js("document.querySelector('#image').value = 'python'")
        self.run_cell("plt", "failed")
        self.assertIn("NameError", self.find("#status").text)
        self.assertTrue(wait_until(lambda: len(self.broker.containers()) == 1, 30))

    def test_nothing_that_a_cell_shows_is_markup(self):
        self.keep_variables()
        self.run_cell(f"class Shown:\n    def __repr__(self): return {MARKUP!r}\n    def _repr_html_(self): return {MARKUP!r}\n"
                      "display(Shown())\nShown()")
        self.assertEqual(self.shown(), [MARKUP] * 2)
        self.assertEqual(self.find_all("#displays .value *, #report script"), [])
        self.assertEqual(self.browser.title, "Sallyport workbench")

    def test_stop_ends_a_cell_and_its_session(self):
        self.keep_variables()
        self.run_cell("x = 1")
        self.write(ENDLESS)
        self.find("#run").click()
        self.until(lambda: self.broker.get("/readyz")[1]["running"] == 1, "does not run")
        self.find("#stop").click()
        self.ends("stopped")
        self.assertTrue(self.find("#status").text.endswith(", and its session with it"))
        self.assertTrue(self.broker.containers_gone(30))
        self.run_cell("x", "failed")  # In a new one.
        self.assertIn("NameError", self.find("#status").text)
        self.browser.get("about:blank")
        self.assertTrue(self.broker.containers_gone(30))

    def test_a_session_that_has_ended_is_told_and_followed_by_another(self):
        self.keep_variables()
        self.run_cell("import os as system", "failed")  # Refused, and the session is there.
        self.run_cell("x = 1")
        for container in self.broker.containers():
            self.broker.engine.call("POST", f"/containers/{container['Id']}/kill")
        self.assertTrue(self.broker.containers_gone(30))
        self.run_cell("x", "failed")
        self.assertIn("SessionEndedError", self.find("#status").text)
        self.run_cell("2 + 2")
        self.assertEqual(self.shown(), ["4"])

    def test_secrets_are_not_shown(self):
        self.example("Secret")
        self.find("#run").click()
        self.ends("succeeded")
        self.assertIn("password: [REDACTED]", self.output())
        self.assertIn("secrets were replaced", self.find("#ending").text)

    def test_nothing_that_a_program_says_is_markup(self):
        self.runs(f"""
text = {MARKUP!r}
print(text)
open("output/" + text.replace("/", "|") + ".txt", "w").write(text)
open("output/picture.svg", "w").write('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9">'
                                      + "<script>top.document.title = 'broken'</script></svg>")
open("output/page.html", "w").write(text)
raise ValueError(text)
""", "failed")
        self.assertEqual(self.find("#output .stdout").get_attribute("textContent"), MARKUP + "\n")
        self.assertIn(MARKUP, self.find(".error").text)
        self.assertIn(MARKUP.replace("/", "|"), self.find("#figures").text)
        self.assertEqual(self.find_all("#output > * > *, .error pre *, #figures b, #report script"), [])
        self.assertEqual([image.get_attribute("alt") for image in self.find_all("#report img")],
                         ["Picture that the program made: picture.svg"])
        self.runs(f"import os as x; '''{MARKUP}'''", "failed")
        self.assertEqual(self.find(".violation code").text, f"import os as x; '''{MARKUP}'''")
        self.assertEqual(self.browser.title, "Sallyport workbench")

    def test_the_policy_of_the_page(self):
        with open_url(self.server.url) as answer:
            policy = answer.headers["Content-Security-Policy"]
        for part in ("default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"):
            self.assertIn(part, policy)
        self.assertNotIn("unsafe", policy)
        self.assertNotIn("*", policy)
        self.open()
        refused = self.js("try { document.body.innerHTML = '<b>x</b>'; } catch (error) { return error.name; }")
        self.assertEqual(refused, "TypeError")
        self.browser.get_log("browser")  # It tells of the refusal that was just looked for.

    def test_everything_works_by_keyboard(self):
        self.open()
        self.write("")
        for key in ("for n in range(2):", Keys.ENTER, "print(n)", Keys.ENTER):
            self.press(key)
        self.assertEqual(self.find("#code").get_attribute("value"), "for n in range(2):\n    print(n)\n    ")
        self.press(Keys.ENTER, Keys.CONTROL)
        self.ends("succeeded")
        self.assertEqual(self.output(), "0\n1\n")
        self.write(ENDLESS)
        self.press(Keys.ENTER, Keys.CONTROL)
        self.until(lambda: self.output() == "begun\n", "no output")
        self.press(Keys.ESCAPE)
        self.ends("stopped")
        self.assertTrue(self.broker.containers_gone(30))
        # Esc has asked for it: Tab leaves the program. Without, it indents.
        self.press(Keys.TAB)
        self.assertEqual(self.js("return document.activeElement.id"), "run")
        self.press(Keys.TAB, Keys.SHIFT)
        self.assertEqual(self.js("return document.activeElement.id"), "code")
        self.press(Keys.TAB)
        self.assertEqual(self.js("return document.activeElement.id"), "code")
        self.assertIn("    ", self.find("#code").get_attribute("value"))

    def test_what_is_read_aloud(self):
        self.open()
        for control in self.find_all("button, textarea, select, a"):
            self.assertNotEqual(control.accessible_name, "", control.get_attribute("outerHTML"))
        self.assertEqual(self.find("#code").accessible_name, "Program")
        self.assertEqual(self.find("#output").accessible_name, "Output")
        self.assertEqual([self.find(part).aria_role for part in ("#status", "#output")], ["status", "log"])
        self.assertEqual(self.find("html").get_attribute("lang"), "en")

    def test_a_narrow_screen_needs_no_scrolling_aside(self):
        size = self.browser.get_window_size()
        self.addCleanup(self.browser.set_window_size, size["width"], size["height"])
        self.browser.set_window_size(500, 900)
        self.runs("print('x' * 3000)\nimport os\n" + "#" * 3000, "failed")
        self.assertLessEqual(*self.js("const page = document.documentElement; return [page.scrollWidth, page.clientWidth]"))

    def test_without_script_the_form_works_too(self):
        cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        with open_url(self.server.url, cookies) as answer:
            page = answer.read().decode()
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[1]
        code = f"print({MARKUP!r})\r\nprint(6 * 7)"
        form = urllib.parse.urlencode({"csrfmiddlewaretoken": token, "code": code}).encode()
        with open_url(urllib.request.Request(self.server.url, form), cookies) as answer:
            page = answer.read().decode()
        self.assertIn("42\n</pre>", page)
        self.assertIn("&lt;b&gt;bold&lt;/b&gt;", page)
        self.assertNotIn("<b>bold", page)
        with self.assertRaises(urllib.error.HTTPError) as refused:
            open_url(urllib.request.Request(self.server.url + "/run", b"code=1"))
        self.assertEqual(refused.exception.code, 403)
        refused.exception.close()


class WithoutBroker(PageTestCase):
    def test_the_page_says_so(self):
        server = serve("http://127.0.0.1:9")
        self.addCleanup(server.close)
        browser = start_browser()
        self.addCleanup(browser.quit)
        self.server, self.browser = server, browser
        self.runs("print(1)", "failed")
        self.assertEqual(self.find("#status").text, "Not run")
        self.assertIn("BrokerUnavailableError", self.find(".error").text)
        self.assertIn("http://127.0.0.1:9", self.find(".error").text)
        self.find("#keep").click()
        self.find("#run").click()
        self.ends("failed")
        self.assertEqual(self.find("#status").text, "Not run")
        self.assertIn("BrokerUnavailableError", self.find(".error").text)


if __name__ == "__main__":
    unittest.main()
