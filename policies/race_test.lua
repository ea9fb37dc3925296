local function race(fake, options)
  return run("race.lua", { model = "auto", messages = "hello" }, fake, { options = options or { head_start = 1000 } })
end

local function after(gpt, claude)
  return function(request)
    local ms = claude
    if request.model == "gpt-5.2" then
      ms = gpt
    end
    return ms and { text = request.model, after = ms } or { error = "upstream_overloaded" }
  end
end

test("the favourite answers within its head start: nobody else is asked", function()
  local r = race(after(900, 1))
  equal(r.text, "gpt-5.2")
  equal(#r.calls, 1)
end)

test("a slow favourite is overtaken, or just makes it", function()
  local r = race(after(5000, 500))
  equal(r.text, "claude-opus-4-6")
  equal(r.ms, 1500)
  r = race(after(1200, 500))
  equal(r.text, "gpt-5.2")
  equal(r.ms, 1200)
  equal(#r.calls, 2)
end)

test("one that fails is not waited for", function()
  local r = race(after(nil, 300))
  equal(r.text, "claude-opus-4-6")
  equal(r.ms, 300)
  equal(race(after(nil, nil)).error.class, "upstream_overloaded")
end)

test("a configured model is kept", function()
  equal(#run("race.lua", { model = "kimi-k2.5", messages = "hello" }).calls, 1)
end)
