-- What the comparison with nginx runs: one worker, auth, policy and access log on, everything served by its fake provider.
workers(1)
listen "127.0.0.1:9180"
provider "fake" { adapter = "openai", key = env "YUZUI_BENCH_KEY", base_url = "http://127.0.0.1:9000/v1" }
model "gpt-5.2" { "fake" }
model "claude-opus-4-6" { "fake" }
model "kimi-k2.5" { "fake" }
-- The pairs of `./dev bench pairs`: a provider of each dialect, one fake one behind all.
provider "messages" { adapter = "anthropic", key = env "YUZUI_BENCH_KEY", base_url = "http://127.0.0.1:9000" }
provider "gemini" { adapter = "gemini", key = env "YUZUI_BENCH_KEY", base_url = "http://127.0.0.1:9000/v1beta" }
provider "responses" { adapter = "responses", key = env "YUZUI_BENCH_KEY", base_url = "http://127.0.0.1:9000/v1" }
model "to-chat" { { "fake", as = "gpt-5.2" } }
model "to-messages" { { "messages", as = "claude-opus-4-6" } }
model "to-gemini" { { "gemini", as = "gemini-3-flash" } }
model "to-responses" { { "responses", as = "gpt-5.2" } }
key "sk-test" { name = "bench", models = { "*" } }
chain { auth {}, policy "../../policies/by-question.lua", fallback {}, retry { attempts = 3 } }
