#!/usr/bin/env node
export const placeholder = true;
