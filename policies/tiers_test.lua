local TIERS = {
  gold = { model = "claude-opus-4-6" },
  free = { model = "kimi-k2.5", models = { "kimi-k2.5" }, max_tokens = 100, per_day = 2 },
  strict = { models = { "kimi-k2.5" } },
}

local function asked(tier, body, more)
  local config = more or {}
  config.default, config.on_error = "gpt-5.2", "fail"
  config.key = config.key or { name = "team", tags = { tier = tier } }
  config.store = config.store or {}
  config.options = config.options or { tiers = TIERS, otherwise = "free" }
  body.messages = body.messages or "hello"
  return run("tiers.lua", body, nil, config)
end

test("auto is the tier's model", function()
  equal(asked("gold", { model = "auto" }).model, "claude-opus-4-6")
  equal(asked("free", { model = "auto" }).model, "kimi-k2.5")
  equal(asked("gold", { model = "auto" }).reason, "gold")
end)

test("what a tier does not include is exchanged, or refused", function()
  equal(asked("gold", { model = "gpt-5.2" }).model, "gpt-5.2")
  local r = asked("free", { model = "claude-opus-4-6" })
  equal(r.model, "kimi-k2.5")
  equal(r.reason, "free: kimi-k2.5 instead of claude-opus-4-6")
  r = asked("strict", { model = "gpt-5.2" })
  equal(r.error.class, "model_not_allowed")
  equal(#r.calls, 0)
end)

test("the length of an answer is bounded, whatever it is called", function()
  equal(asked("free", { model = "auto" }).request.max_tokens, 100)
  equal(asked("free", { model = "auto", max_tokens = 50 }).request.max_tokens, 50)
  equal(asked("free", { model = "auto", max_tokens = 5000 }).request.max_tokens, 100)
  local r = asked("free", { model = "auto", max_completion_tokens = 5000 })
  equal(r.request.max_completion_tokens, 100)
  equal(r.request.max_tokens, nil)
  equal(asked("gold", { model = "auto", max_tokens = 5000 }).request.max_tokens, 5000)
end)

test("so many a day", function()
  local store, now = {}, 1767571200 + 3600
  for _ = 1, 2 do
    equal(asked("free", { model = "auto" }, { store = store, now = now }).model, "kimi-k2.5")
  end
  local r = asked("free", { model = "auto" }, { store = store, now = now })
  equal(r.error.class, "rate_limited")
  equal(r.error.retry_after, 86400 - 3600)
  equal(asked("free", { model = "auto" }, { store = store, now = now + 86400 }).model, "kimi-k2.5")
end)

test("keys without a tier have the other one, or none", function()
  equal(asked(nil, { model = "auto" }, { key = { name = "x" } }).model, "kimi-k2.5")
  local r = asked(nil, { model = "auto" }, { key = { name = "x" }, options = { tiers = TIERS } })
  equal(r.error.class, "model_not_allowed")
end)
