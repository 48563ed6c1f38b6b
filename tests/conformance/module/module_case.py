"""A broker with real sandboxes, and the client pointed at it. Standard library only."""

import harness

import sallyport


class ModuleTestCase(harness.BrokerTestCase):
    """The settings are the process's, so that tests construct executors as the module's documentation does."""

    image = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.url = f"http://127.0.0.1:{cls.broker.port}"
        sallyport.configure(sallyport.ClientSettings(base_url=cls.url, image=cls.image))

    def succeeds(self, result):
        self.assertTrue(result.success, result)
        return result

    def fails(self, result, error_type):
        self.assertFalse(result.success, result)
        self.assertEqual(result.error_type, error_type, result)
        return result

    def audit_record(self, result):
        def found():
            return [r for r in self.broker.log_lines("audit.log") if r.get("execution_id") == result.id]

        self.assertTrue(harness.wait_until(found, 20), "no audit record")
        return found()[-1]
