"""Knowledge that people have and documents lack: brief, general knowledge, corpus description, playbooks, mental
map and design templates. Each has versions, and agents get them with every question.
"""
