"""An agent on other sites: who may show it, and what its visitors may do."""
