# Makes mat.json: six words, d_model 64, and eight heads of the kinds that people find in trained models.
#   jq -nr -f examples/make_mat.jq >examples/mat.json
#
# An embedding has two halves. Columns 0-31 are the word: one column for each word (The and the share theirs), then what
# kind of word it is. Columns 32-63 are its place p: cos(p·f), sin(p·f) for 16 frequencies f, after section 3.5 of
# "Attention Is All You Need" (arXiv:1706.03762), with frequencies for short sentences. The rows of W_q and W_k that are
# not zero say what a head asks and answers. To ask for the word n places on, W_q turns each (cos, sin) pair by the
# angle n·f: q·k is then greatest at exactly that place.

def words: ["The", "cat", "sat", "on", "the", "mat"];
def columns: {The: [0, 16], the: [0, 16], cat: [1, 17, 19], sat: [2, 18], on: [3], mat: [4, 17]};
def preposition: 3; def article: 16; def noun: 17; def verb: 18; def animate: 19;
def always: 62;                                      # the cosine of the lowest frequency: 1 at every place

def zeros: [range(64) | 0];
def rounded: (. * 1000 | round) / 1000 + 0;          # + 0: never -0
def frequency($j): 2 * pow(0.5; $j / 2);
def embedding($p): reduce columns[words[$p]][] as $column (zeros; .[$column] = 1)
  | reduce range(16) as $j (.; .[32 + 2 * $j] = ($p * frequency($j) | cos | rounded)
                             | .[33 + 2 * $j] = ($p * frequency($j) | sin | rounded));

# W_q, W_k and W_v are (64, 64); channel c of head h is column 8·h + c.
def cell($matrix; $row; $head; $channel; $x): .[$matrix][$row][8 * $head + $channel] = $x;

# Asks for the place n further on, by four frequencies from `first`; a greater strength makes the choice sharper.
def place($head; $n; $first; $strength): reduce range(4) as $j (.;
    ($first + $j) as $pair | ($n * frequency($pair)) as $angle
    | ($angle | cos * $strength | rounded) as $cos | ($angle | sin * $strength | rounded) as $sin
    | cell("W_q"; 32 + 2 * $pair; $head; 2 * $j; $cos) | cell("W_q"; 33 + 2 * $pair; $head; 2 * $j; 0 - $sin)
    | cell("W_q"; 32 + 2 * $pair; $head; 2 * $j + 1; $sin) | cell("W_q"; 33 + 2 * $pair; $head; 2 * $j + 1; $cos)
    | cell("W_k"; 32 + 2 * $pair; $head; 2 * $j; 1) | cell("W_k"; 33 + 2 * $pair; $head; 2 * $j + 1; 1));

# Words with column `asker` look for words with column `asked`.
def kind($head; $channel; $asker; $asked; $strength):
  cell("W_q"; $asker; $head; $channel; $strength) | cell("W_k"; $asked; $head; $channel; 1);

{W_q: [range(64) | zeros], W_k: [range(64) | zeros], W_v: [range(64) | zeros]}
| place(0; -1; 1; 6)                                                        # 0: the word before
| place(1; 1; 1; 6)                                                         # 1: the word after
| place(2; 0; 0; 3)                                                         # 2: itself
| reduce range(5) as $word (.; kind(3; $word; $word; $word; 12))            # 3: the same word
| reduce range(4) as $j (.; cell("W_q"; always; 4; 2 * $j; 4)               # 4: the first word
                          | cell("W_k"; 32 + 2 * $j; 4; 2 * $j; 1))
| kind(5; 0; always; noun; 9)                                               # 5: nouns
| kind(6; 0; verb; animate; 12) | kind(6; 1; noun; verb; 12)                # 6: verb and noun; nouns of the small words
| kind(6; 2; article; noun; 12) | kind(6; 3; preposition; noun; 12)
| place(7; 0; 4; 3)                                                         # 7: the neighbourhood
| reduce range(8) as $head (.; reduce range(8) as $channel (.;              # each head passes the word on
    cell("W_v"; if $channel < 5 then $channel else 11 + $channel end; $head; $channel; 1)))
| . as $projections

# One row a line, so that the file can be read.
| def rows(indent): map(indent + tojson) | join(",\n");
  "{\n  \"metadata\": {\n    \"about\": " + ("Six words, d_model 64, eight heads made by make_mat.jq: 0 the word "
    + "before, 1 the word after, 2 itself, 3 the same word, 4 the first word, 5 nouns, 6 verb and noun, the nouns of "
    + "the small words, 7 the neighbourhood." | tojson) + "\n  },\n"
  + "  \"tokens\": \(words | tojson),\n"
  + "  \"embeddings\": [\n\([range(6) | embedding(.)] | rows("    "))\n  ],\n"
  + "  \"num_heads\": 8,\n  \"projections\": {\n"
  + ($projections | to_entries | map("    \"\(.key)\": [\n\(.value | rows("      "))\n    ]") | join(",\n"))
  + "\n  }\n}"
