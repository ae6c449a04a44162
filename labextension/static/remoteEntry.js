// JupyterLab's launcher tile "Neurodesk runs". Written as JupyterLab loads it (a Module Federation container, see
// loadComponent in jupyterlab/staging/bootstrap.js and createModule in index.js), so that nothing has to be built.
"use strict";

(() => {
  const COMMAND = "elyra-neurodesk:runs";
  const LABEL = "Neurodesk runs";
  const ICON =
    "data:image/svg+xml;utf8," +
    encodeURIComponent(
      '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="#0a7d4f" stroke-width="2">' +
        '<circle cx="5" cy="12" r="3"/><circle cx="19" cy="5" r="3"/><circle cx="19" cy="19" r="3"/>' +
        '<path d="M7.7 10.6 16.3 6.4M7.7 13.4l8.6 4.2"/></svg>',
    );

  let shared = {};

  /** Return a module that JupyterLab shares with its extensions. */
  async function sharedModule(name) {
    const [version] = Object.values(shared[name] ?? {});
    if (!version) {
      throw new Error(`JupyterLab does not share ${name}`);
    }
    return (await version.get())();
  }

  async function extension() {
    const { ILauncher } = await sharedModule("@jupyterlab/launcher");
    return {
      __esModule: true,
      default: {
        id: "elyra-neurodesk:launcher",
        description: "Opens the run pages, which the server extension of elyra-neurodesk serves.",
        autoStart: true,
        requires: [],
        optional: [ILauncher],
        activate: (app, launcher) => {
          app.commands.addCommand(COMMAND, {
            label: LABEL,
            caption: "Runs of pipelines on this machine",
            execute: () => {
              const pages = `${app.serviceManager.serverSettings.baseUrl}elyra-neurodesk/`;
              window.open(pages, "_blank", "noopener");
            },
          });
          launcher?.add({ command: COMMAND, category: "Elyra", kernelIconUrl: ICON, rank: 9 });
        },
      },
    };
  }

  globalThis._JUPYTERLAB = globalThis._JUPYTERLAB ?? {};
  globalThis._JUPYTERLAB["elyra-neurodesk"] = {
    init: (scope) => {
      shared = scope;
    },
    get: async () => {
      const module = await extension();
      return () => module;
    },
  };
})();
