import type { StartDriver } from '../src/bench-case.ts';
import { startDriver as startRecording } from './audit-record.ts';

export const startDriver: StartDriver = ({ redisUrl = '', ...settings }) =>
  startRecording({ ...settings, queueUrl: redisUrl });
