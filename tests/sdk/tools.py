"""The schema of the tool that the tests of both Python clients offer."""

WEATHER = {"type": "object", "properties": {"city": {"type": "string"}, "station": {"type": "integer"}}, "required": ["city"]}
