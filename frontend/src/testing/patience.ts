/** Other tests run beside these: what takes a second on a busy machine is no failure. */
import { configure } from "@testing-library/react";

configure({ asyncUtilTimeout: 15_000 });
