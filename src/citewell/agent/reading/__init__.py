"""Reading documents without a language model: which document, which cell or sentence. See README.md in this folder."""
