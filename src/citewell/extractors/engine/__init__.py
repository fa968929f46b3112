"""The engine of extraction: from the chunks of a document and a class to values, each with its evidence in the text."""
