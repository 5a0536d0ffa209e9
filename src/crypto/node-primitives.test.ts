import { nodePrimitives } from './node-primitives.ts';
import { primitivesCompliance } from './testing/primitives-compliance.ts';

primitivesCompliance('node:crypto', nodePrimitives);
