-- residency: where a client's words may go: the providers of its region, and no others.
--
--   key "sk-…" { name = "team", tags = { region = "eu" } }
--   policy "policies/residency.lua" { on_error = "fail", operations = { "all" }, options = { regions = {
--     eu = { "azure-sweden", "mistral" }, us = { "openai", "anthropic" } } } }
--
-- The word is the one that a provider says as `region`, by which prices may differ (docs/prices.md).
--
-- It narrows, for every operation, whom the stages below may ask (req.providers): a fallback, a hedge, a balancer and a question of another
-- policy keep to it, and an answer that another region has put into a cache is not found. A model that none of the region's providers serves is
-- refused (403, `provider_not_allowed`). A key without a region is of the region `otherwise`, or refused.

options {
  regions = { type = "map", of = { type = "list", of = { type = "string" } }, required = true, help = "region = its providers" },
  tag = { type = "string", default = "region", help = "the tag of a key that names its region" },
  otherwise = { type = "string", default = "", help = "the region of keys without one; refused, unless said" },
}

return function(req, next)
  local options = req.options
  local region = req.key and req.key.tags[options.tag] or options.otherwise
  local providers = options.regions[region]
  if not providers then
    return nil, { class = "model_not_allowed", message = "This key belongs to no region that is served here." }
  end
  req.providers = providers
  req:because(region)
  return next(req)
end
