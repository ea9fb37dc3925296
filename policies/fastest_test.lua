local function ask(store, times)
  return run("fastest.lua", { model = "auto", messages = "hello" }, function(request)
    local ms = times[request.model]
    return ms and { text = request.model, after = ms } or { error = "upstream_overloaded" }
  end, { store = store })
end

test("all are tried, then the fastest is asked", function()
  local store, times = {}, { ["gpt-5.2"] = 900, ["claude-opus-4-6"] = 300 }
  equal(ask(store, times).text, "gpt-5.2")
  equal(ask(store, times).text, "claude-opus-4-6")
  for _ = 1, 5 do
    equal(ask(store, times).text, "claude-opus-4-6")
  end
end)

test("one that gets slow is overtaken", function()
  local store, times, last = {}, { ["gpt-5.2"] = 900, ["claude-opus-4-6"] = 300 }, nil
  ask(store, times)
  ask(store, times)
  times["claude-opus-4-6"] = 4000
  for _ = 1, 4 do
    last = ask(store, times)
  end
  equal(last.text, "gpt-5.2")
end)

test("a failure is the next one's turn, and remembered", function()
  local store, times = {}, { ["claude-opus-4-6"] = 300 }
  local r = ask(store, times)
  equal(r.text, "claude-opus-4-6")
  equal(#r.calls, 2)
  r = ask(store, times)
  equal(#r.calls, 1)
  equal(r.text, "claude-opus-4-6")
end)

test("a request's own fault is not the model's", function()
  local store = {}
  local r = run("fastest.lua", { model = "auto", messages = "hello" }, function()
    return { error = "bad_request" }
  end, { store = store })
  equal(r.error.class, "bad_request")
  equal(#r.calls, 1)
  equal(next(store), nil)
end)
