// The little of Markdown that is understood, as plain tokens: no HTML comes out of it, ever.

const FENCE = /^\s*```\s*(\S*)\s*$/;
const TOKEN = new RegExp(
  [
    /(`+)(?!`)(.+?)(?<!`)\1(?!`)/, // code: 1, 2
    /\[([^[\]\n]{1,500})\]\(((?:https?:\/\/|mailto:)[^\s()<>]{1,2000})\)/, // a link with words: 3, 4
    /((?:https?:\/\/|mailto:)[^\s<>"`]{1,2000})/, // one as it is: 5
    /\*\*(?=\S)(.+?)(?<=\S)\*\*/, // bold: 6
    /(?<![\p{L}\p{N}*_])([*_])(?=[^\s*_])(.+?)(?<=[^\s])\7(?![\p{L}\p{N}*_])/, // italics: 7, 8
  ]
    .map((part) => part.source)
    .join("|"),
  "gsu",
);
const LOOKS_LIKE_ADDRESS = /^\s*(?:https?:|[\p{L}\p{N}-]+\.[\p{L}\p{N}])/iu;
const DEEPEST = 4;
/** Marks in a text: with more of them it is no prose, and looking for pairs takes too long. */
const MOST_MARKS = 200;

/** The blocks of a message: code between fences, and text of spans. */
export function parse(text) {
  if ((text.match(/[*_`[]/g) ?? []).length > MOST_MARKS) return [{ type: "text", spans: broken(text) }];
  const blocks = [];
  const lines = text.split("\n");
  let plain = [];
  const flush = () => {
    if (plain.length) blocks.push({ type: "text", spans: spans(plain.join("\n")) });
    plain = [];
  };
  for (let at = 0; at < lines.length; at++) {
    const fence = FENCE.exec(lines[at]);
    const end = fence ? lines.findIndex((line, other) => other > at && line.trim() === "```") : -1;
    if (end < 0) {
      plain.push(lines[at]);
      continue;
    }
    flush();
    blocks.push({ type: "code", text: lines.slice(at + 1, end).join("\n"), lang: fence[1] });
    at = end;
  }
  flush();
  return blocks;
}

function spans(text, depth = 0) {
  if (depth >= DEEPEST) return [{ type: "text", text }];
  const found = [];
  let from = 0;
  for (const match of text.matchAll(TOKEN)) {
    const [whole, , code, label, to, url, bold, , italic] = match;
    if (match.index > from) found.push(...broken(text.slice(from, match.index)));
    from = match.index + whole.length;
    if (code !== undefined) found.push({ type: "code", text: code });
    else if (to !== undefined) found.push(...link(to, label));
    else if (url !== undefined) found.push(...bare(url));
    else if (bold !== undefined) found.push({ type: "bold", spans: spans(bold, depth + 1) });
    else found.push({ type: "italic", spans: spans(italic, depth + 1) });
  }
  if (from < text.length) found.push(...broken(text.slice(from)));
  return found;
}

function broken(text) {
  return text
    .split("\n")
    .flatMap((line, number) => [
      ...(number ? [{ type: "break" }] : []),
      ...(line ? [{ type: "text", text: line }] : []),
    ]);
}

/** A link as it stands in a sentence: the full stop after it, or a bracket around it, is not its own. */
function bare(url) {
  let end = url.length;
  let open = count(url, "(") - count(url, ")");
  while (end > 0) {
    const last = url[end - 1];
    if (last === ")" && open < 0) open++;
    else if (!".,;:!?'*_".includes(last)) break;
    end--;
  }
  const rest = url.slice(end);
  return [...link(url.slice(0, end), url.slice(0, end)), ...(rest ? [{ type: "text", text: rest }] : [])];
}

function count(text, char) {
  return text.split(char).length - 1;
}

function link(href, text) {
  try {
    const { protocol, host } = new URL(href);
    if (!["http:", "https:", "mailto:"].includes(protocol)) return [{ type: "text", text }];
    // Words that look like an address, and lead to another one, do not go without that.
    const elsewhere = LOOKS_LIKE_ADDRESS.test(text) && text !== href && !text.includes(host);
    return [{ type: "link", href, text }, ...(elsewhere ? [{ type: "text", text: ` (${host})` }] : [])];
  } catch {
    // It only looks like one.
  }
  return [{ type: "text", text }];
}
