/** Colours for code: highlight.js with few languages, its answer as pieces of text, so that no HTML is ever written. */
import hljs from "highlight.js/lib/core";
import bash from "highlight.js/lib/languages/bash";
import diff from "highlight.js/lib/languages/diff";
import ini from "highlight.js/lib/languages/ini";
import json from "highlight.js/lib/languages/json";
import markdown from "highlight.js/lib/languages/markdown";
import python from "highlight.js/lib/languages/python";
import sql from "highlight.js/lib/languages/sql";
import xml from "highlight.js/lib/languages/xml";
import yaml from "highlight.js/lib/languages/yaml";
import { linesOf, type Piece } from "./pieces.ts";

const languages = { bash, diff, ini, json, markdown, python, sql, xml, yaml };
for (const [name, language] of Object.entries(languages)) hljs.registerLanguage(name, language);

/** Longer texts stay without colours: they would hold up the page. Characters. */
export const MAX_COLOURED = 300_000;

/** The lines of a code, each in pieces with the class of its colour. */
export const highlight = (code: string, language: string): Piece[][] =>
  linesOf(hljs.highlight(code, { language, ignoreIllegals: true }).value);
