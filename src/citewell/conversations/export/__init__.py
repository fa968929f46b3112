"""A conversation as a file: DOCX, PDF or Markdown, with the quoted words as footnotes."""
