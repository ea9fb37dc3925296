-- What the comparison with nginx runs: one worker, auth, policy and access log on, everything served by its fake provider.
workers(1)
listen "127.0.0.1:9180"
provider "fake" { adapter = "openai", key = env "YUZUI_BENCH_KEY", base_url = "http://127.0.0.1:9000/v1" }
model "gpt-5.2" { "fake" }
model "claude-opus-4-6" { "fake" }
model "kimi-k2.5" { "fake" }
key "sk-test" { name = "bench", models = { "*" } }
chain { auth {}, policy "../../policies/by-question.lua", fallback {}, retry { attempts = 3 } }
