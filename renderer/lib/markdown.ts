/** GitHub's Markdown from outside (notes, model cards) as HTML that can do nothing: no script, no style, no request. */
import createPurifier from "dompurify";
import { Marked } from "marked";
import { m } from "../i18n/messages.ts";

const marked = new Marked({ gfm: true, breaks: false, async: false });

/** Handlers in HTML: the purifier drops them, but the browser complains of each as soon as it reads it. */
const HANDLERS = /[\s/]on\w+\s*=\s*(?:"[^"]*"|'[^']*'|[^\s>]*)/gi;
const LOWEST = 6;

marked.use({
  walkTokens: (token) => {
    if (token.type === "heading" && typeof token["depth"] === "number")
      token["depth"] = Math.min(LOWEST, token["depth"] + 1); // the page's own title is its only h1
  },
  renderer: { html: ({ text }) => text.replace(HANDLERS, " ") },
});

/** A text of this many characters would hold up the page while it is read: the rest is cut off and said. */
const MAX_LENGTH = 200_000;

const ALLOWED = [
  ...["h1", "h2", "h3", "h4", "h5", "h6", "p", "br", "hr", "blockquote", "ul", "ol", "li", "input"],
  ...["strong", "em", "del", "code", "pre", "kbd", "sub", "sup", "a", "img", "span", "details", "summary"],
  ...["table", "thead", "tbody", "tr", "th", "td"],
];

const purifier = createPurifier(window);

const isSafeLink = (href: string): boolean => /^(?:https?:|mailto:|#)/i.test(href.trim());

purifier.addHook("afterSanitizeAttributes", (node) => {
  if (node.tagName === "A") {
    const href = node.getAttribute("href");
    if (href !== null && !isSafeLink(href)) node.removeAttribute("href");
    else if (href !== null && !href.startsWith("#")) {
      node.setAttribute("target", "_blank");
      node.setAttribute("rel", "noopener noreferrer");
    }
  }
  if (node.tagName === "IMG") {
    // Only pictures that stand in the text itself: any other would tell a stranger that the text was read.
    const src = node.getAttribute("src") ?? "";
    if (!/^data:image\/(?:png|jpeg|gif|webp|avif);base64,/i.test(src)) {
      const said = document.createElement("em");
      said.textContent = m.common_blocked_image({ address: node.getAttribute("alt") || src });
      node.replaceWith(said);
    }
  }
  if (node.tagName === "INPUT") {
    // Task lists are shown, not ticked.
    if (node.getAttribute("type") === "checkbox") node.setAttribute("disabled", "");
    else node.remove();
  }
});

/** Markdown as sanitized HTML. What is longer than 200,000 characters is shown without its end. */
export const renderMarkdown = (text: string): string => {
  const cut = text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}\n\n…` : text;
  return purifier.sanitize(marked.parse(cut, { async: false }), {
    ALLOWED_TAGS: ALLOWED,
    ALLOWED_ATTR: ["href", "title", "alt", "src", "align", "type", "checked", "disabled", "start", "open"],
    ALLOW_DATA_ATTR: false,
    ALLOW_ARIA_ATTR: false,
  });
};
