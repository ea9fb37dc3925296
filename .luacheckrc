-- What luacheck must know: policies run in the sandbox of core/lua, configs see the directives and the stages.
std = "luajit"
max_line_length = 160
files["policies"] = { read_globals = { "llm", "http", "store", "classify", "log", "json", "time", "options", "utf8", "counter" } }
files["policies/**/*_test.lua"] = { read_globals = { "test", "run", "equal" } }
files["examples/**/yuzui.lua"] = {
  read_globals = {
    "env", "listen", "admin", "workers", "provider", "model", "key", "chain", "store", "limits", "cors", "log", "plugins", "secret", "watch",
    "drain", "auth", "policy", "workflow", "cache", "fallback", "retry", "redact", "ledger", "prices", "jobs", "bill",
  },
}
