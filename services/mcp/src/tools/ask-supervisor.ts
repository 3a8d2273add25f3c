import type { SupervisorAnswer } from '@causeway/platform';
import { z } from 'zod';
import type { CallResult } from '../call/call-tool.ts';
import { defineTool, type ToolContext } from '../call/define-tool.ts';
import { planSteps, type Step, STEPS_MAX } from '../supervisor/plan-steps.ts';
import { summarizeStep } from '../supervisor/summarize-step.ts';

const DEADLINE_MS = 120_000;
const HANDLE_CHARS_MAX = 3800;

export const askSupervisor = defineTool({
  name: 'ask_supervisor',
  title: 'Ask the supervisor',
  description:
    'Answers a question that needs several sources: it asks the analyst, the knowledge base, the audit log, GitHub or an outside API for you, as you, and says which step said what. Bring the conversation_id of an answer to follow it up.',
  input: z.strictObject({
    question: z.string().trim().min(1).max(2000),
    conversation_id: z.string().max(8000).optional().describe('Of an earlier answer, to follow it up.'),
  }),
  output: z.object({
    answer: z.string().describe('What the steps found; [1] is the first of them.'),
    steps: z.array(z.object({ tool: z.string(), summary: z.string() })).max(STEPS_MAX),
    conversation_id: z.string(),
  }),
  scope: 'serving',
  effect: 'read',
  audit: ({ question, conversation_id: handle }) => ({ question, follow_up: handle !== undefined }),
  rows: 'steps',
  deadlineMs: DEADLINE_MS,
  textCharsMax: 16_000,
  run: async ({ question, conversation_id: handle }, context) => {
    const { policy, caller, platform, conversations } = context;
    const { genie, plan } = handle === undefined ? {} : before.parse(conversations.open(handle));
    const answered = await platform.askSupervisor({ text: question, ...(plan !== undefined && { plan }) });
    if (answered !== 'granted') return fromPlatform(answered, context);
    const steps = planSteps({
      question,
      genie,
      tools: policy.toolsOf(caller),
      connections: policy.document.policy.connections,
    });
    const done = await Promise.all(steps.map((step) => runStep(step, context)));
    return {
      answer: answerOf(done),
      steps: done.map(({ step, summary }) => ({ tool: step.tool, summary })),
      conversation_id: conversations.seal({ genie: genieHandle(done) ?? genie }),
    };
  },
});

/** What an earlier answer leaves to the next: the conversation with the analyst, or with the platform's own supervisor. */
const before = z.object({ genie: z.string().optional(), plan: z.unknown().optional() });

const fromPlatform = ({ text, steps, plan }: SupervisorAnswer, { conversations }: ToolContext) => ({
  answer: text,
  steps: steps.slice(0, STEPS_MAX).map((step) => ({ ...step })),
  conversation_id: conversations.seal({ plan }),
});

interface DoneStep {
  readonly step: Step;
  readonly result: CallResult;
  readonly summary: string;
}

async function runStep(step: Step, context: ToolContext): Promise<DoneStep> {
  const result = await context.call(step.tool, step.args);
  return { step, result, summary: summarizeStep(step, result) };
}

function answerOf(done: readonly DoneStep[]): string {
  if (done.length === 0) return 'None of the tools that you may call can say anything about this.';
  return done.map(({ summary }, index) => `[${index + 1}] ${summary}`).join('\n\n');
}

function genieHandle(done: readonly DoneStep[]): string | undefined {
  const asked = done.find(({ step: { tool }, result }) => tool === 'genie_query' && result.ok);
  const handle = asked?.result.ok === true ? asked.result.content['conversation_id'] : undefined;
  return typeof handle === 'string' && handle.length <= HANDLE_CHARS_MAX ? handle : undefined;
}
