"""The admin API against its own OpenAPI document: schemathesis asks what the document allows, and what it does not."""
import os
import subprocess
import sys

from bench import amount
from test_admin_api import ALL, api, opened
from test_money import CONFIG, cli

# Methods that HTTP does not know are 501 before any path is looked at; those that it knows are 405.
SETTINGS = """
[phases.coverage]
unexpected-methods = ["PUT", "DELETE", "TRACE", "OPTIONS"]
"""
# What JSON Schema cannot say (an address range, how many digits a sum of money has) may be refused although the schema is kept.
NOT = "positive_data_acceptance"


def test_schemathesis_finds_nothing(world):
    g = opened(world, CONFIG % ('"sqlite" { path = "${folder}/ledger.db" }', ""))
    cli(g, "credit", "alice", "--usd", "2", "--id", "c1")
    assert api(g, "POST", "/keys", {"name": "robert"}).status == 201
    settings = os.path.join(g.folder, "schemathesis.toml")
    with open(settings, "w", encoding="utf-8") as f:
        f.write(SETTINGS)
    p = subprocess.run([os.path.join(os.path.dirname(sys.executable), "schemathesis"), "--config-file", settings, "run",
                        f"http://127.0.0.1:{g.admin_port}/api/v1/openapi.json", "-H", "Authorization: Bearer " + ALL, "--phases",
                        "examples,coverage,fuzzing", "--mode", "all", "--exclude-checks", NOT, "--max-examples", str(amount(20, 1000)),
                        "--seed", "1", "--generation-database", "none"],
                       cwd=g.folder, capture_output=True, text=True, check=False)
    assert p.returncode == 0, p.stdout[-6000:] + p.stderr[-2000:]
    assert "Tested: 31" in p.stdout, p.stdout[-2000:]
    assert "adds up" in cli(g, "audit")
