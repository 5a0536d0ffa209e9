import { type ReactNode, useEffect, useRef } from 'react';

export type Confirmation = {
  readonly title: string;
  readonly body: ReactNode;
  /** What the button says: the act itself, not "OK". */
  readonly act: string;
  readonly onConfirm: () => void;
};

/** Asks before something ends. Escape and Cancel do nothing; the focus goes back where it was. */
export function ConfirmDialog(props: {
  readonly confirmation: Confirmation | undefined;
  readonly onClose: () => void;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const { confirmation, onClose } = props;
  useEffect(() => {
    if (confirmation && !dialog.current?.open) dialog.current?.showModal();
  }, [confirmation]);
  if (!confirmation) return null;
  return (
    <dialog ref={dialog} className="dialog" aria-labelledby="confirm-title" onClose={onClose}>
      <form
        method="dialog"
        onSubmit={() => {
          confirmation.onConfirm();
        }}
      >
        <h2 id="confirm-title">{confirmation.title}</h2>
        <div>{confirmation.body}</div>
        <footer>
          <button type="button" className="button" onClick={() => dialog.current?.close()}>
            Cancel
          </button>
          <button type="submit" className="button button-danger">
            {confirmation.act}
          </button>
        </footer>
      </form>
    </dialog>
  );
}
