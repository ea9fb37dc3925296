local function asked(small, more, judged)
  local body = more or { model = "auto", messages = "What is two and two?" }
  local config = { default = "gpt-5.2", options = { judge = judged and "gpt-5.2" or nil, shortest = 2 } }
  return run("cascade.lua", body, function(request)
    if request.model == "kimi-k2.5" then
      return type(small) == "table" and small or { text = small }
    elseif request.model == "gpt-5.2" then
      return { text = judged }
    end
    return { text = "the better answer" }
  end, config)
end

test("a good answer of the small model is the answer", function()
  local r = asked("Four.")
  equal(r.text, "Four.")
  equal(r.calls[1], "kimi-k2.5")
  equal(r.reason, "small")
  equal(#r.calls, 1)
end)

test("weak answers go to the better one", function()
  for small, reason in pairs {
    ["I'm not sure, sorry."] = "small: in doubt",
    ["对不起，这个问题我无法回答。"] = "small: in doubt",
    ["4"] = "small: short",
  } do
    local r = asked(small)
    equal(r.text, "the better answer")
    equal(r.reason, reason)
    equal(#r.calls, 2)
  end
end)

test("so do failures", function()
  local r = asked { error = "rate_limited" }
  equal(r.text, "the better answer")
  equal(r.reason, "small: rate_limited")
end)

test("a judge decides", function()
  local good, bad = asked("Four.", nil, "Yes"), asked("Five.", nil, "No.")
  equal(good.text, "Four.")
  equal(#good.calls, 2)
  equal(bad.text, "the better answer")
  equal(bad.reason, "small: judged weak")
end)

test("what has tools or pictures goes to the better one at once", function()
  local tools = { model = "auto", messages = "x", tools = { { type = "function", ["function"] = { name = "f" } } } }
  local picture = { model = "auto", messages = { { role = "user", content = { { type = "image_url", image_url = { url = "data:x" } } } } } }
  for _, body in ipairs { tools, picture } do
    local r = asked("Four.", body)
    equal(r.text, "the better answer")
    equal(#r.calls, 1)
  end
end)

test("a configured model is kept", function()
  local r = asked("Four.", { model = "claude-opus-4-6", messages = "x" })
  equal(r.model, "claude-opus-4-6")
  equal(#r.calls, 1)
end)
