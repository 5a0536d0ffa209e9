import { Page } from '../components/page.tsx';
import { EmptyState } from '../components/states.tsx';
import { firstPage } from '../router.ts';

/** An address that is none of this console, so that a mistyped bookmark is not taken for an empty table. */
export function NoSuchPage({ path }: { readonly path: string }) {
  return (
    <Page path={['headend', 'No such page']}>
      <EmptyState title="There is no such page">
        <p>
          Nothing here has the address <span className="figures">{path}</span>. Choose a page on the
          left, or go to <a href={firstPage}>the sessions</a>.
        </p>
      </EmptyState>
    </Page>
  );
}
