-- yuzui run -c yuzui.lua: clients speak OpenAI or Anthropic, the answers come from Acme.
listen "127.0.0.1:8080"
plugins "."
provider "acme" { adapter = "acme", key = env "ACME_KEY", base_url = env.ACME_URL or "http://127.0.0.1:9090" }
model "a-1" { "acme" }
key "sk-yz-demo" { name = "demo", models = { "*" } }
chain { auth {}, retry { attempts = 2 } }
