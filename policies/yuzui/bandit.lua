-- yuzui.bandit: which of several models (or whatever is named) earns most, learned while it serves.
--
--   local bandit = require "yuzui.bandit"
--   local arm, why = bandit.choose(arms, options)      -- arms: a list of names; the first is the one to trust
--   bandit.learn(arm, reward, options)                 -- reward: 0 to 1
--
-- Most requests go to the arm that has earned most; the share `explore` is for finding out. There an arm is drawn by what it may be worth, given
-- what is known (Thompson sampling): what is new or close to the best is tried often, what is poor seldom, and what is surely worth less than
-- `floor` times the first arm not at all. What was learned is forgotten after two windows, so that the poor get another chance.
--
-- An arm and a window have one number in the store, so that gateways can add to it at the same time: so many rewards, and their sum.
-- Keys of a store are apart for each policy and tenant: each tenant's requests teach for that tenant.

local bandit = {}

local ONE = 1e9 -- a reward counted; below it stands their sum, in thousandths
local MOST = 1e6 -- rewards in a window: more would not fit
local LEAST = 10 -- rewards before an arm counts as known
local SPREAD = 0.5 -- the most that the standard deviation of a reward from 0 to 1 can be

local function key(arm, window)
  return ("bandit %.0f %s"):format(window, arm)
end

-- How many rewards, and their sum, in this window and the last one.
local function known(arm, window)
  local now = math.floor(time.now() / window)
  local n, sum = 0, 0
  for back = 0, 1 do
    local packed = tonumber(store.get(key(arm, now - back)) or "") or 0
    local count = math.floor(packed / ONE)
    n, sum = n + count, sum + (packed - count * ONE) / 1000
  end
  return n, sum
end

-- A draw from the normal distribution, as near as the sum of twelve others comes.
local function normal(mean, deviation)
  local sum = -6
  for _ = 1, 12 do
    sum = sum + math.random()
  end
  return mean + deviation * sum
end

-- { name, n, mean } of each arm. Nothing is known of an arm that has no rewards: it may be worth anything.
local function all(arms, window)
  local out = {}
  for i, name in ipairs(arms) do
    local n, sum = known(name, window)
    out[i] = { name = name, n = n, mean = n > 0 and sum / n or 0.5 }
  end
  return out
end

local function best(list)
  local found
  for _, arm in ipairs(list) do
    if arm.n >= LEAST and (not found or arm.mean > found.mean) then
      found = arm
    end
  end
  return found or list[1]
end

local function surely_poor(arm, first, floor)
  return arm.n >= LEAST and first.n >= LEAST and arm.mean + 2 * SPREAD / math.sqrt(arm.n) < floor * first.mean
end

local function drawn(list, floor)
  local found, most
  for _, arm in ipairs(list) do
    if not surely_poor(arm, list[1], floor) then
      local worth = normal(arm.mean, SPREAD / math.sqrt(arm.n + 1))
      if not found or worth > most then
        found, most = arm, worth
      end
    end
  end
  return found or list[1]
end

-- The arm, and why in words. options: explore (0 to 1, 0.1), window (seconds, 3600), floor (0.8).
function bandit.choose(arms, options)
  local list = all(arms, options.window or 3600)
  local exploring = math.random() < (options.explore or 0.1)
  local arm = exploring and drawn(list, options.floor or 0.8) or best(list)
  return arm.name, ("%s %s: %.3f of %d"):format(exploring and "trying" or "best", arm.name, arm.mean, arm.n)
end

-- What is not from 0 to 1 counts as the nearer of the two.
function bandit.learn(arm, reward, options)
  local window = options.window or 3600
  local now = math.floor(time.now() / window)
  local sum = store.add(key(arm, now), ONE + math.floor(math.max(0, math.min(1, reward)) * 1000 + 0.5), 2 * window)
  if sum and sum > MOST * ONE then
    store.remove(key(arm, now)) -- so much is known that beginning anew costs nothing
  end
end

return bandit
