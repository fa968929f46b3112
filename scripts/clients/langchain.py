"""LangChain: an answer whole and streamed, by chat completions and by responses, and an embedding."""

import json
import os
import sys
from urllib.request import Request, urlopen

sys.path.pop(0)  # this file's own name must not hide the library
from langchain_openai import ChatOpenAI, OpenAIEmbeddings

base = os.environ.get("CITEWELL_URL", "http://127.0.0.1:8000") + "/v1"
token = os.environ["CITEWELL_TOKEN"]
models = json.load(urlopen(Request(f"{base}/models", headers={"Authorization": f"Bearer {token}"})))["data"]
model = ChatOpenAI(base_url=base, api_key=token, model=models[0]["id"])
whole = str(model.invoke(sys.argv[1]).content)
assert "".join(str(piece.content) for piece in model.stream(sys.argv[1])) == whole, "the stream says something else"
responses = ChatOpenAI(base_url=base, api_key=token, model=models[0]["id"], use_responses_api=True)
assert responses.invoke(sys.argv[1]).content
vectors = OpenAIEmbeddings(base_url=base, api_key=token, model="citewell", check_embedding_ctx_length=False)
assert len(vectors.embed_query("text")) > 100
print(f"answered, {'with' if '/reference/' in whole else 'without'} links, streamed the same, responses, embedded")
