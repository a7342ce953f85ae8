import { library } from '../../tools/tsup-preset.ts'

export default library({
  index: 'src/index.ts',
  assignment: 'src/assignment/index.ts',
  'assignment-contract': 'src/assignment-contract/index.ts',
  bandits: 'src/bandits/index.ts',
  design: 'src/design/index.ts',
  guards: 'src/guards/index.ts',
  sequential: 'src/sequential/index.ts',
})
