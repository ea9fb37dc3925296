local body = { model = "auto", messages = "hello" }

test("the cheap model answers", function()
  local r = run("cheap-first.lua", body)
  equal(r.model, "kimi-k2.5")
  equal(#r.calls, 1)
end)

test("it fails: the better one answers", function()
  local r = run("cheap-first.lua", body, function(request)
    return request.model == "kimi-k2.5" and { error = "upstream_overloaded" } or { text = "better" }
  end)
  equal(r.model, "claude-opus-4-6")
  equal(r.text, "better")
  equal(r.reason, "cheap failed")
end)

test("it is slow: both run, and the first wins", function()
  local r = run("cheap-first.lua", body, function(request)
    return request.model == "kimi-k2.5" and { text = "slow", after = 20000 } or { text = "better", after = 500 }
  end)
  equal(r.text, "better")
  equal(r.ms, 8500)
end)

test("it is slow, but still the first", function()
  local r = run("cheap-first.lua", body, function(request)
    return request.model == "kimi-k2.5" and { text = "slow", after = 8200 } or { text = "better", after = 500 }
  end)
  equal(r.text, "slow")
end)

test("both fail: the error of the better one goes to the client", function()
  local r = run("cheap-first.lua", body, function(request)
    return { error = "rate_limited", message = request.model, retry_after = 3 }
  end)
  equal(r.error.class, "rate_limited")
  equal(r.error.message, "claude-opus-4-6")
  equal(r.error.retry_after, 3)
end)
