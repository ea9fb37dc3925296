test("a short conversation keeps its model", function()
  equal(run("long-context.lua", { model = "gpt-5.2", messages = "hello" }).model, "gpt-5.2")
end)

test("a long one goes to the larger model", function()
  local r = run("long-context.lua", { model = "gpt-5.2", messages = ("many words "):rep(50000) })
  equal(r.model, "kimi-k2.5")
  equal(#r.calls, 1)
end)

test("the limit is an option", function()
  local config = { options = { limit = "100", model = "claude-opus-4-6" } }
  equal(run("long-context.lua", { model = "gpt-5.2", messages = ("words "):rep(500) }, nil, config).model, "claude-opus-4-6")
end)

test("the model itself says it is too long", function()
  local r = run("long-context.lua", { model = "gpt-5.2", messages = "hello" }, function(request)
    return request.model == "gpt-5.2" and { error = "context_length_exceeded" } or { text = "fine" }
  end)
  equal(r.text, "fine")
  equal(r.reason, "the model said it is too long")
end)

test("other errors are the client's to see", function()
  local r = run("long-context.lua", { model = "gpt-5.2", messages = "hello" }, function()
    return { error = "content_policy", message = "no" }
  end)
  equal(r.error.class, "content_policy")
  equal(#r.calls, 1)
end)
