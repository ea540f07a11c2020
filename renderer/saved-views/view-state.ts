/** A saved view is the query of the page's address, without what names the view itself. */
const NOT_STATE: ReadonlySet<string> = new Set(["view", "missing"]);

/** What a view would save of an address: its fields in one order, so that two ways to one view are the same. */
export const stateOf = (querystring: string): string => {
  const all = [...new URLSearchParams(querystring)].filter(([name, value]) => !NOT_STATE.has(name) && value !== "");
  const names = [...new Set(all.map(([name]) => name))].sort();
  // The order of one name's values counts: it is the order of columns.
  const ordered = names.flatMap((name) => all.filter(([other]) => other === name));
  return new URLSearchParams(ordered).toString();
};

/** The address of a view as it was saved; without one, the page as it comes. */
export const queryOf = (view: { readonly view_id: string; readonly query: string } | undefined): string => {
  if (!view) return "";
  const query = stateOf(view.query);
  return new URLSearchParams({ view: view.view_id }).toString() + (query && `&${query}`);
};

/** Whether the address asks for a view and says nothing else: a link to it. */
export const isLink = (querystring: string): boolean => stateOf(querystring) === "";
