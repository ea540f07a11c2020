import { mount } from "svelte";
import App from "./App.svelte";
import { applyTheme, storedTheme } from "./lib/theme.svelte.ts";

applyTheme(storedTheme());
const target = document.getElementById("app");
if (!target) throw new Error("index.html has no #app");
mount(App, { target });
