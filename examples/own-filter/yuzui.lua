-- yuzui run -c yuzui.lua, then ask something that holds "Project Nightfall".
listen "127.0.0.1:8080"
plugins "."
provider "demo" { adapter = "demo" }
model "gpt-5.2" { "demo" }
key "sk-yz-demo" { name = "demo", models = { "*" } }
chain { auth {}, redact { words = { "Project Nightfall", "BEGIN PRIVATE KEY" } } }
