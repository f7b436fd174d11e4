"""How an assistant is compiled, read and written on each of OpenAI's surfaces."""
