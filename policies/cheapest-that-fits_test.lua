local body = { model = "auto", messages = "hello" }

local function config(more)
  local c = {
    estimates = { ["kimi-k2.5"] = 0.002, ["gpt-5.2"] = 0.02, ["claude-opus-4-6"] = 0.05 },
    options = {
      models = {
        { model = "claude-opus-4-6", context = 1000000 },
        { model = "gpt-5.2", context = 400000 },
        { model = "kimi-k2.5", context = 20000 },
      },
    },
  }
  for name, value in pairs(more or {}) do
    c[name] = value
  end
  return c
end

test("the cheapest answers, whatever its place in the list", function()
  local r = run("cheapest-that-fits.lua", body, nil, config())
  equal(r.model, "kimi-k2.5")
  equal(r.reason, "up to 0.002 USD")
end)

test("what does not fit is not chosen: by the question, and by the answer it asks for", function()
  local long = { model = "auto", messages = ("many words "):rep(50000) }
  equal(run("cheapest-that-fits.lua", long, nil, config()).model, "gpt-5.2")
  equal(run("cheapest-that-fits.lua", { model = "auto", messages = "hi", max_tokens = 300000 }, nil, config()).model, "gpt-5.2")
  equal(run("cheapest-that-fits.lua", { model = "auto", messages = "hi", max_tokens = 500000 }, nil, config()).model, "claude-opus-4-6")
  equal(run("cheapest-that-fits.lua", { model = "auto", messages = "hi", max_tokens = 5000000 }, nil, config()).error.class, "context_length_exceeded")
end)

test("a model without a price is not chosen", function()
  equal(run("cheapest-that-fits.lua", body, nil, config { estimates = { ["gpt-5.2"] = 0.02 } }).model, "gpt-5.2")
  equal(run("cheapest-that-fits.lua", body, nil, config { estimates = {} }).error.class, "context_length_exceeded")
end)

test("of two that cost the same the first of the list", function()
  equal(run("cheapest-that-fits.lua", body, nil, config { estimates = { ["gpt-5.2"] = 0.01, ["kimi-k2.5"] = 0.01 } }).model, "gpt-5.2")
end)

test("a balance that covers none: the cheapest is asked for, and bill will say what is missing", function()
  equal(run("cheapest-that-fits.lua", body, nil, config { key = { name = "alice", balance = 0.001 } }).reason, "none is covered")
  equal(run("cheapest-that-fits.lua", body, nil, config { key = { name = "alice", balance = 0.002 } }).reason, "up to 0.002 USD")
  equal(run("cheapest-that-fits.lua", body, nil, config { key = { name = "alice" } }).reason, "up to 0.002 USD")
end)

test("what one request may cost has a bound", function()
  local c = config()
  c.options.most = 0.001
  equal(run("cheapest-that-fits.lua", body, nil, c).error.code, "too_expensive")
  c.options.most = 0.002
  equal(run("cheapest-that-fits.lua", body, nil, c).model, "kimi-k2.5")
end)

test("a configured name is respected, unless always", function()
  local named = { model = "claude-opus-4-6", messages = "hello" }
  equal(run("cheapest-that-fits.lua", named, nil, config()).model, "claude-opus-4-6")
  local c = config()
  c.options.always = true
  equal(run("cheapest-that-fits.lua", named, nil, c).model, "kimi-k2.5")
end)
