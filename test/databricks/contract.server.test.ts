import { describePlatform } from '@causeway/platform/testing';
import { startDatabricksWorld } from './databricks-world.ts';

describePlatform('DatabricksPlatform on an emulated workspace', () => startDatabricksWorld());
