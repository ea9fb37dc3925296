"""Each .scn file is a test."""
import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))


def pytest_collect_file(parent, file_path):
    return ScenarioFile.from_parent(parent, path=file_path) if file_path.suffix == ".scn" else None


class ScenarioFile(pytest.File):
    def collect(self):
        yield ScenarioItem.from_parent(self, name=self.path.stem)


class ScenarioItem(pytest.Item):
    def runtest(self):
        import runner
        try:
            runner.Scenario(str(self.path)).run()
        except runner.Skipped as e:
            pytest.skip(str(e))

    def repr_failure(self, excinfo, style=None):
        return str(excinfo.value) if type(excinfo.value).__name__ in ("Failed", "SyntaxError") else super().repr_failure(excinfo, style)

    def reportinfo(self):
        return self.path, 0, f"scenario: {self.name}"
