local MODELS = { "claude-opus-4-6", "gpt-5.2", "kimi-k2.5" }

local function review(fake, options)
  local request = { model = "workflow/code-review", messages = "int f(char *s) { return s[strlen(s)]; }" }
  return run("code-review.lua", request, fake, { models = MODELS, workflow = "workflow/code-review", options = options })
end

test("three read, one judges", function()
  local r = review(function(request)
    return { text = "by " .. request.model, after = 1000 }
  end)
  equal(#r.calls, 4)
  equal(r.model, "claude-opus-4-6")
  equal(r.ms, 2000)
  equal(r.reason, "3 of 3 reviews")
  for _, model in ipairs(MODELS) do
    equal(r.request.messages[1].content:find("by " .. model, 1, true) ~= nil, true)
  end
end)

test("no more than are allowed read at once", function()
  local function slow()
    return { text = "fine", after = 1000 }
  end
  equal(review(slow, { at_once = 1 }).ms, 4000)
  equal(review(slow, { at_once = 2 }).ms, 3000)
end)

test("one that is slow or fails is left out, two are too many", function()
  local r = review(function(request)
    return request.model == "gpt-5.2" and { text = "late", after = 500000 } or { text = "fine" }
  end, { patience = 3000 })
  equal(r.reason, "2 of 3 reviews")
  equal(r.ms, 3000)
  r = review(function(request)
    return request.model == "kimi-k2.5" and { text = "fine" } or { error = "upstream_error" }
  end)
  equal(r.error.class, "unavailable")
  equal(r.error.message, "Only 1 of 3 reviewers answered (upstream_error).")
end)
