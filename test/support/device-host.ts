/** Parts of a device host for tests in which bodies are short. */
export const NO_LONG_BODIES = {
  isOpenSession: () => false,
  isAuthenticStart: async () => false,
};
