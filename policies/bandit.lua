-- bandit: of several models the one that earns most, learned from traffic.
--
--   policy "policies/bandit.lua" { default = "gpt-5.2", store = "redis", options = { models = { "gpt-5.2", "kimi-k2.5" } } }
--
-- An answer earns 1, less what its beginning took of `patience` and what it may have cost of `price`; a failure earns nothing, and the first of
-- `models` answers in its place. With `feedback`, clients say what an answer was worth: a later request has that header, with the id of the
-- earlier one and a number from 0 to 1, as in "x-reward: 3f2a… 0.8", and only this counts. A reward of your own: see the chapter in the README.

local bandit = require "yuzui.bandit"

options {
  models = { type = "list", of = { type = "model" }, required = true, help = "at most eight; the first is the one to trust" },
  explore = { type = "number", default = 0.1, min = 0, max = 1, help = "the share of the requests that is for finding out" },
  floor = { type = "number", default = 0.8, min = 0, max = 1, help = "what is surely worth less than this times the first one is not tried" },
  window = { type = "number", default = 3600, min = 10, max = 86400, help = "seconds; what is older than two of them is forgotten" },
  patience = { type = "number", default = 20000, min = 1, max = 600000, help = "ms until an answer begins that make it worth nothing" },
  price = { type = "number", default = 0, min = 0, help = "USD a request that make it worth nothing; 0: the price does not matter" },
  feedback = { type = "string", default = "", help = "a header, as in x-reward, by which clients say what an answer was worth" },
  always = { type = "boolean", default = false, help = "also what names a model that is configured" },
}

local MOST, KEPT = 8, 3600 -- models; seconds that clients have to say what an answer was worth

-- The request's own fault says nothing of the model.
local function own_fault(err)
  return err.class == "bad_request" or err.class == "content_policy" or err.class == "context_length_exceeded"
end

local function worth(req, options, arm, ms)
  local estimate = options.price > 0 and req:estimate(arm) or 0
  return (1 - ms / options.patience) - (options.price > 0 and estimate / options.price or 0)
end

-- Learns what a client says of an earlier answer, once.
local function hear(req, options)
  local id, said = (req.headers[options.feedback] or ""):match("^(%S+)%s+(%d*%.?%d+)$")
  local arm = id and store.get("asked " .. id)
  if arm and tonumber(said) then
    store.remove("asked " .. id)
    bandit.learn(arm, tonumber(said), options)
  end
end

local function asked(req, next, options, arm)
  req.model = arm
  local began = time.monotonic()
  local response, err = next(req)
  local heard = options.feedback ~= ""
  if response and heard then
    store.put("asked " .. req.id, arm, KEPT)
  elseif response then
    bandit.learn(arm, worth(req, options, arm, time.monotonic() - began), options)
  elseif not own_fault(err) then
    bandit.learn(arm, 0, options)
  end
  return response, err
end

return function(req, next)
  local options, arms = req.options, {}
  if options.feedback ~= "" then
    hear(req, options)
  end
  if req:known() and not options.always then
    return next(req)
  end
  for i = 1, math.min(#options.models, MOST) do
    arms[i] = options.models[i]
  end
  local arm, why = bandit.choose(arms, options)
  req:because(why)
  local response, err = asked(req, next, options, arm)
  if response or own_fault(err) or arm == arms[1] then
    return response, err
  end
  req:because(("%s failed: %s"):format(arm, err.class))
  return asked(req, next, options, arms[1])
end
