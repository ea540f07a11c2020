/** The page of a commit, from the remote that git names: GitLab's and GitHub's both lie below `/commit/`. */
export const codeLink = (remote: string | undefined, commit: string | undefined): string | undefined => {
  if (remote === undefined || commit === undefined || !/^[0-9a-f]{7,64}$/i.test(commit)) return undefined;
  const ssh = /^(?:ssh:\/\/)?git@([\w.-]+)(?::\d+)?[:/]([\w./-]+?)(?:\.git)?\/?$/.exec(remote);
  if (ssh) return `https://${ssh[1]}/${ssh[2]}/commit/${commit}`;
  try {
    const url = new URL(remote);
    if (url.protocol !== "https:" && url.protocol !== "http:") return undefined;
    // A name and password in a remote are nobody's business.
    return `${url.origin}${url.pathname.replace(/(?:\.git)?\/?$/, "")}/commit/${commit}`;
  } catch {
    return undefined; // a folder, or nothing
  }
};
