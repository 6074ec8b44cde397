# Prints the line and the words of the first statement that ends a transaction, such as "2 COMMIT", or nothing. Reads SQL as psql does: what
# stands in strings, identifiers, comments, dollar quotes, bodies of functions and data of COPY is no statement.
{ text = text $0 "\n" }

function word_at(from, length_) {
  length_ = 0
  while (substr(text, from + length_, 1) ~ /[A-Za-z0-9_$]|[^ -~[:space:]]/) length_++
  return substr(text, from, length_)
}

# The place behind what begins at `from` and ends with `end`.
function behind(from, end, at) {
  at = index(substr(text, from), end)
  return at == 0 ? length(text) + 1 : from + at - 1 + length(end)
}

function behind_comment(from, depth, two) {
  for (depth = 1; depth > 0 && from <= length(text);) {
    two = substr(text, from, 2)
    if (two == "/*") { depth++; from += 2 } else if (two == "*/") { depth--; from += 2 } else from++
  }
  return from
}

function behind_escaped(from, char) {
  while (from <= length(text) && (char = substr(text, from, 1)) != "'") from += char == "\\" ? 2 : 1
  return from + 1
}

function line_of(at, before) {
  before = substr(text, 1, at)
  return 1 + gsub(/\n/, "", before)
}

function add(word) {
  word = tolower(word)
  if (++count == 1) began = place
  if (count <= 4) words[count] = word
  if (words[1] == "copy" && word == "stdin") from_input = 1
  if (words[1] != "create" || !(words[2] ~ /^(function|procedure)$/ || words[4] ~ /^(function|procedure)$/)) return
  if (word == "begin" || (word == "case" && inside > 0)) inside++
  if (word == "end" && inside > 0) inside--
}

function report(at, said) {
  print line_of(at), toupper(said)
  found = 1
  exit
}

# At the end of a statement.
function judge(i, said) {
  said = words[1]
  for (i = 2; i <= 4 && i <= count; i++) said = said " " words[i]
  if (said ~ /^(commit|end|abort)( |$)/ || said ~ /^prepare transaction( |$)/ || (said ~ /^rollback( |$)/ && said !~ /^rollback (work |transaction )?to( |$)/)) report(began, said)
  place += from_input ? behind_data(place) - place : 0
  forget()
}

function behind_data(from) {
  return behind(behind(from, "\n") - 1, "\n\\.\n")
}

function forget(i) {
  for (i = 1; i <= 4; i++) words[i] = ""
  count = inside = parentheses = from_input = 0
}

END {
  if (found) exit
  forget()
  for (place = 1; place <= length(text);) {
    char = substr(text, place, 1)
    two = substr(text, place, 2)
    if (two == "--") place = behind(place, "\n")
    else if (two == "/*") place = behind_comment(place + 2)
    else if (char == "'") place = behind(place + 1, "'")
    else if (char == "\"") { add("\""); place = behind(place + 1, "\"") }
    else if (char == "$" && match(substr(text, place, 70), /^[$]([A-Za-z_][A-Za-z0-9_]*)?[$]/)) place = behind(place + RLENGTH, substr(text, place, RLENGTH))
    else if (char == "\\") {
      word = two == "\\;" ? ";" : word_at(place + 1)
      if (word ~ /^(c|connect)$/) report(place, "\\" word)
      place = two == "\\;" ? place + 2 : behind(place, "\n")
      if (word ~ /^(;|g.*|crosstabview|watch)$/) judge()
    }
    else if (char == ";" && inside == 0 && parentheses == 0) { place++; judge() }
    else if (char == "(" || char == ")") { parentheses += char == "(" ? 1 : -1; place++ }
    else if ((word = word_at(place)) != "") {
      add(word)
      place += length(word)
      if (tolower(word) == "e" && substr(text, place, 1) == "'") place = behind_escaped(place + 1)
    }
    else place++
  }
  judge()
}
