from hypothesis import settings

# A failure prints what repeats it; how long an example takes depends on the machine, not the rule.
settings.register_profile("rules", print_blob=True, deadline=None)
settings.load_profile("rules")
