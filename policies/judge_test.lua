local function judged(fake, more)
  local body = more or {}
  body.model, body.messages = body.model or "auto", "What is a weir?"
  return run("judge.lua", body, fake)
end

-- The letter under which this text is shown to the judge.
local function letter_of(request, text)
  return request.messages[1].content:match("Answer (%u):\n" .. text)
end

local function fake(liked)
  return function(request)
    if request.model == "claude-opus-4-6" then
      return { text = letter_of(request, liked) and "Answer " .. letter_of(request, liked) .. "." or "I cannot say." }
    end
    return { text = "by " .. request.model }
  end
end

test("the answer that the judge likes is given", function()
  for _ = 1, 10 do
    equal(judged(fake("by kimi%-k2.5")).text, "by kimi-k2.5")
    equal(judged(fake("by gpt%-5.2")).text, "by gpt-5.2")
  end
  equal(judged(fake("by kimi%-k2.5")).reason, "judged")
end)

test("a judge that says nothing useful: the first candidate's", function()
  local r = judged(fake("by nobody"))
  equal(r.text, "by gpt-5.2")
  equal(r.reason, "not judged")
end)

test("one that fails is left out; all that fail are an error", function()
  local r = judged(function(request)
    return request.model == "kimi-k2.5" and { text = "alone" } or { error = "upstream_error" }
  end)
  equal(r.text, "alone")
  equal(r.reason, "one answered")
  equal(judged(function()
    return { error = "rate_limited" }
  end).error.class, "rate_limited")
end)

test("what has tools goes to the first candidate", function()
  local r = judged(nil, { tools = { { type = "function", ["function"] = { name = "look" } } } })
  equal(#r.calls, 1)
  equal(r.reason, "more than words")
end)
