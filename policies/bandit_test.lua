local MODELS = { "gpt-5.2", "kimi-k2.5", "claude-opus-4-6" }

-- n requests in a row that share a store; counts who answered.
local function serve(n, fake, options, more)
  local config, got = more or {}, {}
  options.models = options.models or MODELS
  config.store, config.options = config.store or {}, options
  for _ = 1, n do
    local r = run("bandit.lua", { model = "auto", messages = "hello" }, fake, config)
    equal(r.error, nil)
    got[r.model] = (got[r.model] or 0) + 1
  end
  return got, config.store
end

local function slow_but(model)
  return function(request)
    return { text = "hi", after = request.model == model and 100 or 9000 }
  end
end

test("learns who answers soonest, and goes on finding out", function()
  local _, store = serve(150, slow_but("kimi-k2.5"), { patience = 10000, explore = 1, floor = 0 })
  local got = serve(100, slow_but("kimi-k2.5"), { patience = 10000, explore = 0.1 }, { store = store })
  equal(got["kimi-k2.5"] >= 80, true)
end)

test("without anything known the first is the one to trust", function()
  local got = serve(5, nil, { explore = 0 })
  equal(got["gpt-5.2"], 5)
end)

test("what is surely poor is not tried", function()
  local slow = slow_but("gpt-5.2")
  local _, store = serve(150, slow, { patience = 10000, explore = 1, floor = 0 })
  serve(30, slow, { patience = 10000, explore = 1, floor = 0, models = { "kimi-k2.5" } }, { store = store })
  local got = serve(50, slow, { patience = 10000, explore = 1, models = { "gpt-5.2", "kimi-k2.5" } }, { store = store })
  equal(got["kimi-k2.5"], nil)
end)

test("a failure earns nothing and is answered by the first", function()
  local calls = {}
  local function fake(request)
    calls[request.model] = (calls[request.model] or 0) + 1
    return request.model ~= "gpt-5.2" and { error = "upstream_overloaded" } or { text = "hi" }
  end
  local got = serve(80, fake, { explore = 1 })
  equal(got["gpt-5.2"], 80)
  equal(calls["kimi-k2.5"] >= 1 and calls["kimi-k2.5"] < 60, true)
end)

test("the request's own fault is nobody's", function()
  local store = {}
  local r = run("bandit.lua", { model = "auto", messages = "hello" }, function()
    return { error = "bad_request", message = "no" }
  end, { store = store, options = { models = MODELS } })
  equal(r.error.class, "bad_request")
  equal(next(store), nil)
end)

test("price counts", function()
  local config = { estimates = { ["gpt-5.2"] = 0.09, ["kimi-k2.5"] = 0.001, ["claude-opus-4-6"] = 0.09 } }
  local _, store = serve(150, nil, { price = 0.1, explore = 1, floor = 0 }, config)
  config.store = store
  equal((serve(20, nil, { price = 0.1, explore = 0 }, config))["kimi-k2.5"], 20)
end)

test("clients say what an answer was worth, once", function()
  local store = {}
  local options = { models = MODELS, feedback = "x-reward", explore = 0 }
  local function ask(headers)
    return run("bandit.lua", { model = "auto", messages = "hello" }, nil, { store = store, options = options, headers = headers })
  end
  ask()
  local kept
  for key, value in pairs(store) do
    kept = kept or key:match("^asked %S+$") and value
  end
  equal(kept, "gpt-5.2")
  store["asked earlier"] = "gpt-5.2"
  ask { ["x-reward"] = "earlier 0.25" }
  ask { ["x-reward"] = "earlier 0.25" }
  ask { ["x-reward"] = "nobody 1" }
  local sum = 0
  for key, value in pairs(store) do
    sum = sum + (key:match("^bandit .* gpt%-5%.2$") and tonumber(value) or 0)
  end
  equal(sum, 1e9 + 250)
end)

test("what is two windows old is forgotten", function()
  local _, store = serve(150, slow_but("kimi-k2.5"), { patience = 10000, explore = 1, floor = 0, window = 60 }, { now = 1800000000 })
  equal((serve(10, nil, { explore = 0, window = 60 }, { store = store, now = 1800000030 }))["kimi-k2.5"], 10)
  equal((serve(10, nil, { explore = 0, window = 60 }, { store = store, now = 1800000300 }))["gpt-5.2"], 10)
end)

test("a model that is configured is respected", function()
  local r = run("bandit.lua", { model = "claude-opus-4-6", messages = "hello" }, nil, { store = {}, options = { models = MODELS } })
  equal(r.model, "claude-opus-4-6")
  equal(#r.calls, 1)
end)
