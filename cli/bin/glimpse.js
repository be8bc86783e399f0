#!/usr/bin/env node
// npm links this file before `prepare` has built the bundle, so it is here from the start.
import "../dist/glimpse.js";
