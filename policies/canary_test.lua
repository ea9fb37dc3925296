local function drawn(name, options, more)
  local config = more or {}
  config.key = config.key or { name = name }
  config.options = options
  return run("canary.lua", { model = "gpt-5.2", messages = "hello" }, nil, config)
end

local function count(options, n)
  local got = {}
  for i = 1, n do
    local r = drawn("key-" .. i, options)
    got[r.model] = (got[r.model] or 0) + 1
  end
  return got
end

test("about its share of the keys gets the variant", function()
  local got = count({ variants = { new = { model = "kimi-k2.5", share = 20 } } }, 300)
  equal(got["kimi-k2.5"] > 35 and got["kimi-k2.5"] < 90, true)
  equal(got["kimi-k2.5"] + got["gpt-5.2"], 300)
end)

test("a key keeps its variant, and a larger share takes nobody back", function()
  for i = 1, 60 do
    local small = drawn("key-" .. i, { variants = { new = { model = "kimi-k2.5", share = 20 } } })
    local again = drawn("key-" .. i, { variants = { new = { model = "kimi-k2.5", share = 20 } } })
    local large = drawn("key-" .. i, { variants = { new = { model = "kimi-k2.5", share = 60 } } })
    equal(small.model, again.model)
    equal(small.model ~= "kimi-k2.5" or large.model == "kimi-k2.5", true)
  end
end)

test("another salt draws anew", function()
  local moved = 0
  for i = 1, 60 do
    local a = drawn("key-" .. i, { variants = { new = { model = "kimi-k2.5", share = 50 } } })
    local b = drawn("key-" .. i, { variants = { new = { model = "kimi-k2.5", share = 50 } }, salt = "second" })
    moved = moved + (a.model ~= b.model and 1 or 0)
  end
  equal(moved > 10 and moved < 50, true)
end)

test("several variants share", function()
  local got = count({ variants = { a = { model = "kimi-k2.5", share = 50 }, b = { model = "claude-opus-4-6", share = 50 } } }, 60)
  equal(got["gpt-5.2"], nil)
  equal(got["kimi-k2.5"] > 10 and got["claude-opus-4-6"] > 10, true)
end)

test("only the model it is for takes part", function()
  local all = { variants = { new = { model = "kimi-k2.5", share = 100 } }, model = "claude-opus-4-6" }
  equal(drawn("a", all).model, "gpt-5.2")
  all.model = "gpt-5.2"
  local r = drawn("a", all)
  equal(r.model, "kimi-k2.5")
  equal(r.reason, "variant new")
end)

test("by header and by conversation; who cannot be told goes on as he came", function()
  local all = { variants = { new = { model = "kimi-k2.5", share = 100 } }, by = "header" }
  equal(drawn("a", all).model, "gpt-5.2")
  equal(drawn("a", all, { headers = { ["x-user-id"] = "7" } }).model, "kimi-k2.5")
  all.by = "conversation"
  equal(drawn("a", all).model, "kimi-k2.5")
end)

test("a share is needed", function()
  local ok, why = pcall(drawn, "a", { variants = { new = { model = "kimi-k2.5" } } })
  equal(ok, false)
  equal(why:find("variants.new.share is missing", 1, true) ~= nil, true)
end)
