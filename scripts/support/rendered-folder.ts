/**
 * Environment variable with the folder in which the workers of one run of the tests share the stacks that they
 * rendered.
 */
export const renderedFolder = "RENDERED_STACKS";
