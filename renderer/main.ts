import { mount } from "svelte";
import App from "./App.svelte";
import { locale } from "./i18n/locale.svelte.ts";
import { theme } from "./lib/theme.svelte.ts";

theme.apply();
locale.apply();
const target = document.getElementById("app");
if (!target) throw new Error("index.html has no #app");
mount(App, { target });
